<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="es_ES">
    <context>
        <name>ChatDelegate</name>
        <message>
            <source>Host</source>
            <translation>Anfitrión</translation>
        </message>
        <message>
            <source>Moderator</source>
            <translation>Moderador</translation>
        </message>
        <message>
            <source>Not sent. Double-click or press Enter to send it again.</source>
            <translation>No enviado. Haz doble clic o pulsa Intro para enviarlo de nuevo.</translation>
        </message>
    </context>
    <context>
        <name>ChatPanel</name>
        <message>
            <source>Chat messages</source>
            <translation>Mensajes del chat</translation>
        </message>
        <message>
            <source>Your message</source>
            <translation>Tu mensaje</translation>
        </message>
        <message>
            <source>Send</source>
            <translation>Enviar</translation>
        </message>
        <message>
            <source>Chat</source>
            <translation>Chat</translation>
        </message>
        <message>
            <source>Reconnecting…</source>
            <translation>Reconectando…</translation>
        </message>
        <message>
            <source>Nobody has written yet. Say hello: viewers answer a host who talks to them.</source>
            <translation>Nadie ha escrito aún. Saluda: la gente responde a quien le habla.</translation>
        </message>
        <message>
            <source>Messages appear here while you are on air.</source>
            <translation>Los mensajes aparecen aquí mientras estás en vivo.</translation>
        </message>
        <message>
            <source>Write to your viewers…</source>
            <translation>Escribe a tu público…</translation>
        </message>
        <message>
            <source>Opens on air</source>
            <translation>Se abre en vivo</translation>
        </message>
    </context>
    <context>
        <name>GoLiveDialog</name>
        <message>
            <source>Go live</source>
            <translation>Salir en vivo</translation>
        </message>
        <message>
            <source>New show</source>
            <translation>Show nuevo</translation>
        </message>
        <message>
            <source>One of my shows</source>
            <translation>Uno de mis shows</translation>
        </message>
        <message>
            <source>What are you selling today?</source>
            <translation>¿Qué vendes hoy?</translation>
        </message>
        <message>
            <source>Reading your shows…</source>
            <translation>Leyendo tus shows…</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Cancelar</translation>
        </message>
        <message>
            <source>Title</source>
            <translation>Título</translation>
        </message>
        <message>
            <source>Products in this show</source>
            <translation>Productos de este show</translation>
        </message>
        <message>
            <source>A show that is live already goes on where it was.</source>
            <translation>Un show que ya está en vivo sigue donde estaba.</translation>
        </message>
        <message>
            <source>You have no show planned. Make a new one.</source>
            <translation>No tienes ningún show previsto. Crea uno nuevo.</translation>
        </message>
        <message>
            <source>{title} · live now</source>
            <translation>{title} · en vivo</translation>
        </message>
    </context>
    <context>
        <name>HeaderPanel</name>
        <message>
            <source>Open the buyers' page</source>
            <translation>Abrir la página de compradores</translation>
        </message>
        <message>
            <source>Buyers' page</source>
            <translation>Página pública</translation>
        </message>
        <message>
            <source>Copy the show's link</source>
            <translation>Copiar el enlace del show</translation>
        </message>
        <message>
            <source>Go live</source>
            <translation>Salir en vivo</translation>
        </message>
        <message>
            <source>End show</source>
            <translation>Terminar</translation>
        </message>
        <message>
            <source>Menu</source>
            <translation>Menú</translation>
        </message>
        <message>
            <source>Shop on this computer</source>
            <translation>Tienda en este equipo</translation>
        </message>
        <message numerus="yes">
            <source>%n watching</source>
            <translation>
                <numerusform>%n persona mirando</numerusform>
                <numerusform>%n personas mirando</numerusform>
            </translation>
        </message>
        <message>
            <source>OFF AIR</source>
            <translation>SIN EMITIR</translation>
        </message>
        <message>
            <source>CONNECTING</source>
            <translation>CONECTANDO</translation>
        </message>
        <message>
            <source>ON AIR</source>
            <translation>EN VIVO</translation>
        </message>
        <message>
            <source>RECONNECTING</source>
            <translation>RECONECTANDO</translation>
        </message>
        <message>
            <source>NOT SENDING</source>
            <translation>SIN SEÑAL</translation>
        </message>
        <message>
            <source>ENDING</source>
            <translation>TERMINANDO</translation>
        </message>
        <message>
            <source>Copied</source>
            <translation>Copiado</translation>
        </message>
    </context>
    <context>
        <name>HealthPanel</name>
        <message>
            <source>Your upload is slow: picture lowered to {rate} Mb/s.</source>
            <translation>Tu subida es lenta: imagen bajada a {rate} Mb/s.</translation>
        </message>
        <message>
            <source>This computer is busy: the picture is made more simply.</source>
            <translation>El ordenador está ocupado: la imagen se simplifica.</translation>
        </message>
        <message>
            <source>Sending, but the server does not confirm what arrives.</source>
            <translation>Enviando, pero el servidor no confirma lo que llega.</translation>
        </message>
        <message>
            <source>{count} dropped</source>
            <translation>{count} perdidos</translation>
        </message>
        <message>
            <source>Round trip to the shop and back</source>
            <translation>Ida y vuelta hasta la tienda</translation>
        </message>
        <message>
            <source>Starting the video engine…</source>
            <translation>Iniciando el motor de vídeo…</translation>
        </message>
        <message>
            <source>Stopped</source>
            <translation>Detenido</translation>
        </message>
        <message>
            <source>Ready. Viewers see nothing yet.</source>
            <translation>Todo listo. Aún no te ve nadie.</translation>
        </message>
        <message>
            <source>Your upload is slow. Close other uploads.</source>
            <translation>Tu subida es lenta. Cierra otras subidas.</translation>
        </message>
        <message>
            <source>Pictures are lost: this computer is busy. Close other programs.</source>
            <translation>Se pierden imágenes: este equipo está muy ocupado. Cierra otros programas.</translation>
        </message>
        <message>
            <source>You are muted: viewers hear nothing.</source>
            <translation>Estás en silencio: no se te oye.</translation>
        </message>
        <message>
            <source>Picture is fine, chat is reconnecting.</source>
            <translation>La imagen va bien, el chat se reconecta.</translation>
        </message>
        <message>
            <source>All good</source>
            <translation>Todo bien</translation>
        </message>
        <message>
            <source>Connecting…</source>
            <translation>Conectando…</translation>
        </message>
        <message>
            <source>Reconnecting…</source>
            <translation>Reconectando…</translation>
        </message>
        <message>
            <source>Not sending</source>
            <translation>Sin enviar</translation>
        </message>
        <message>
            <source>Ending…</source>
            <translation>Terminando…</translation>
        </message>
    </context>
    <context>
        <name>MainWindow</name>
        <message>
            <source>Check before the show…</source>
            <translation>Comprobar antes del show…</translation>
        </message>
        <message>
            <source>Language</source>
            <translation>Idioma</translation>
        </message>
        <message>
            <source>As the system</source>
            <translation>Como el sistema</translation>
        </message>
        <message>
            <source>Theme</source>
            <translation>Tema</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>Oscuro</translation>
        </message>
        <message>
            <source>Light</source>
            <translation>Claro</translation>
        </message>
        <message>
            <source>Sign out</source>
            <translation>Cerrar sesión</translation>
        </message>
        <message>
            <source>Quit</source>
            <translation>Salir</translation>
        </message>
        <message>
            <source>End the show?</source>
            <translation>¿Terminar el show?</translation>
        </message>
        <message>
            <source>Your picture stops at once, and viewers are told that the show is over. It cannot be resumed.</source>
            <translation>Tu imagen se corta al momento y se avisa al público de que el show ha terminado. No se puede reanudar.</translation>
        </message>
        <message>
            <source>End show</source>
            <translation>Terminar</translation>
        </message>
        <message>
            <source>Keep going</source>
            <translation>Seguir</translation>
        </message>
        <message>
            <source>You are on air</source>
            <translation>Estás en vivo</translation>
        </message>
        <message>
            <source>The show can go on without this window for ten minutes: open the studio again to come back to it.</source>
            <translation>El show puede seguir diez minutos sin esta ventana: abre el estudio otra vez para volver a él.</translation>
        </message>
        <message>
            <source>End show and close</source>
            <translation>Terminar y cerrar</translation>
        </message>
        <message>
            <source>Close, stay on air</source>
            <translation>Cerrar y seguir</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Cancelar</translation>
        </message>
    </context>
    <context>
        <name>NumbersPanel</name>
        <message>
            <source>Watching</source>
            <translation>Mirando</translation>
        </message>
        <message>
            <source>Peak</source>
            <translation>Máximo</translation>
        </message>
        <message>
            <source>Messages/min</source>
            <translation>Mensajes/min</translation>
        </message>
        <message>
            <source>Messages</source>
            <translation>Mensajes</translation>
        </message>
    </context>
    <context>
        <name>OnAirPanel</name>
        <message>
            <source>The video engine is starting…</source>
            <translation>El motor de vídeo se está iniciando…</translation>
        </message>
        <message>
            <source>This computer has no key store, so you stay signed in only until you close the studio.</source>
            <translation>Este equipo no tiene almacén de claves: tu sesión dura solo hasta que cierres el estudio.</translation>
        </message>
        <message>
            <source>All right</source>
            <translation>De acuerdo</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Cerrar</translation>
        </message>
        <message>
            <source>Try again now</source>
            <translation>Reintentar ya</translation>
        </message>
        <message>
            <source>The show has ended after {duration}. Most viewers at once: {peak}. Messages: {messages}.</source>
            <translation>El show ha terminado tras {duration}. Máximo de público: {peak}. Mensajes: {messages}.</translation>
        </message>
    </context>
    <context>
        <name>PreviewPanel</name>
        <message>
            <source>Starting the picture…</source>
            <translation>Iniciando la imagen…</translation>
        </message>
        <message>
            <source>Preview of your picture</source>
            <translation>Vista previa de tu imagen</translation>
        </message>
    </context>
    <context>
        <name>ProductRow</name>
        <message>
            <source>ON SCREEN</source>
            <translation>EN PANTALLA</translation>
        </message>
        <message>
            <source>Hide</source>
            <translation>Ocultar</translation>
        </message>
        <message>
            <source>Show</source>
            <translation>Mostrar</translation>
        </message>
        <message>
            <source>Hide {name}</source>
            <translation>Ocultar {name}</translation>
        </message>
        <message>
            <source>Show {name}</source>
            <translation>Mostrar {name}</translation>
        </message>
        <message>
            <source>Key {number}</source>
            <translation>Tecla {number}</translation>
        </message>
        <message>
            <source>Products can be shown once you are on air</source>
            <translation>Podrás mostrar productos cuando estés en vivo</translation>
        </message>
        <message>
            <source>Sold out</source>
            <translation>Agotado</translation>
        </message>
        <message numerus="yes">
            <source>%n left</source>
            <translation>
                <numerusform>Queda %n</numerusform>
                <numerusform>Quedan %n</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n sold</source>
            <translation>
                <numerusform>%n vendido</numerusform>
                <numerusform>%n vendidos</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>ProductsPanel</name>
        <message>
            <source>Search products</source>
            <translation>Buscar productos</translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>Reintentar</translation>
        </message>
        <message>
            <source>Products</source>
            <translation>Productos</translation>
        </message>
        <message numerus="yes">
            <source>%n product(s)</source>
            <translation>
                <numerusform>%n producto</numerusform>
                <numerusform>%n productos</numerusform>
            </translation>
        </message>
        <message>
            <source>No product is called that.</source>
            <translation>Ningún producto se llama así.</translation>
        </message>
        <message>
            <source>Reading your products…</source>
            <translation>Leyendo tus productos…</translation>
        </message>
        <message>
            <source>No products yet. Add some to your shop and they are listed here.</source>
            <translation>Aún no hay productos. Añádelos a tu tienda y aparecerán aquí.</translation>
        </message>
    </context>
    <context>
        <name>SignInDialog</name>
        <message>
            <source>Sign in to a shop</source>
            <translation>Entrar en una tienda</translation>
        </message>
        <message>
            <source>shop.example.com</source>
            <translation>tienda.ejemplo.com</translation>
        </message>
        <message>
            <source>you@example.com</source>
            <translation>tu@ejemplo.com</translation>
        </message>
        <message>
            <source>Sign in</source>
            <translation>Entrar</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Cancelar</translation>
        </message>
        <message>
            <source>Shop's address</source>
            <translation>Dirección de la tienda</translation>
        </message>
        <message>
            <source>E-mail</source>
            <translation>Correo electrónico</translation>
        </message>
        <message>
            <source>Password</source>
            <translation>Contraseña</translation>
        </message>
    </context>
    <context>
        <name>SourcesAndAudioPanel</name>
        <message>
            <source>Picture from</source>
            <translation>Imagen de</translation>
        </message>
        <message>
            <source>Sound from</source>
            <translation>Sonido de</translation>
        </message>
        <message>
            <source>Quality</source>
            <translation>Calidad</translation>
        </message>
        <message>
            <source>Sound level</source>
            <translation>Nivel de sonido</translation>
        </message>
        <message>
            <source>Mute the sound (M)</source>
            <translation>Silenciar el sonido (M)</translation>
        </message>
        <message>
            <source>Loudness</source>
            <translation>Volumen</translation>
        </message>
        <message>
            <source>The quality cannot be changed while on air</source>
            <translation>La calidad no se puede cambiar en vivo</translation>
        </message>
        <message>
            <source>Muted</source>
            <translation>Silenciado</translation>
        </message>
        <message>
            <source>Mute</source>
            <translation>Silenciar</translation>
        </message>
        <message>
            <source>Test card</source>
            <translation>Prueba</translation>
        </message>
        <message>
            <source>Video file…</source>
            <translation>Archivo de vídeo…</translation>
        </message>
        <message>
            <source>Test tone</source>
            <translation>Tono</translation>
        </message>
        <message>
            <source>Silence</source>
            <translation>Silencio</translation>
        </message>
        <message>
            <source>Sound of the video file</source>
            <translation>Sonido del archivo de vídeo</translation>
        </message>
        <message>
            <source>Sound file…</source>
            <translation>Archivo de sonido…</translation>
        </message>
        <message>
            <source>Choose a video file</source>
            <translation>Elige un archivo de vídeo</translation>
        </message>
        <message>
            <source>Choose a sound file</source>
            <translation>Elige un archivo de sonido</translation>
        </message>
    </context>
    <context>
        <name>Trouble</name>
        <message>
            <source>The shop at {url} cannot be reached. Check the address and your connection, then try again.</source>
            <translation>No se puede conectar con la tienda {url}. Comprueba la dirección y tu conexión, y vuelve a intentarlo.</translation>
        </message>
        <message>
            <source>{url} answers, but it is not a shop of ours. Check the address.</source>
            <translation>{url} responde, pero no es una de nuestras tiendas. Comprueba la dirección.</translation>
        </message>
        <message>
            <source>This is not the address of a shop. It looks like shop.example.com.</source>
            <translation>Esa no es la dirección de una tienda. Tiene esta forma: tienda.ejemplo.com.</translation>
        </message>
        <message>
            <source>The shop on this computer did not start: {reason}</source>
            <translation>La tienda de este equipo no se ha iniciado: {reason}</translation>
        </message>
        <message>
            <source>Your sign-in has ended. Sign in again to go on.</source>
            <translation>Tu sesión ha caducado. Entra de nuevo para seguir.</translation>
        </message>
        <message>
            <source>This account can buy, but not sell. Sign in with a seller's account.</source>
            <translation>Esta cuenta puede comprar, pero no vender. Entra con una cuenta de vendedor.</translation>
        </message>
        <message>
            <source>This show was interrupted. Go live to continue it, with the same viewers, products and chat.</source>
            <translation>Este show se interrumpió. Sal en vivo para continuarlo con el mismo público, productos y chat.</translation>
        </message>
        <message>
            <source>The shop ended this show.</source>
            <translation>La tienda ha terminado este show.</translation>
        </message>
        <message>
            <source>Your picture is off, but the shop could not be told. It ends the show by itself within a minute.</source>
            <translation>Tu imagen está cortada, pero no se ha podido avisar a la tienda. Terminará el show sola en un minuto.</translation>
        </message>
        <message>
            <source>The video engine stopped. It is being started again.</source>
            <translation>El motor de vídeo se detuvo. Se está iniciando de nuevo.</translation>
        </message>
        <message>
            <source>Something went wrong ({code}). Try again.</source>
            <translation>Algo ha fallado ({code}). Inténtalo de nuevo.</translation>
        </message>
    </context>
    <context>
        <name>WelcomePanel</name>
        <message>
            <source>Try it on this computer</source>
            <translation>Probar en este equipo</translation>
        </message>
        <message>
            <source>Sign in to a shop</source>
            <translation>Entrar en una tienda</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Cancelar</translation>
        </message>
        <message>
            <source>A sample shop starts on this computer, with products and accounts. Nothing leaves it.</source>
            <translation>Se inicia en este equipo una tienda de muestra, con productos y cuentas. Nada sale de él.</translation>
        </message>
        <message>
            <source>Use the address, e-mail and password of your shop.</source>
            <translation>Usa la dirección, el correo y la contraseña de tu tienda.</translation>
        </message>
        <message>
            <source>Just looking</source>
            <translation>Solo quiero mirar</translation>
        </message>
        <message>
            <source>You have a shop</source>
            <translation>Tengo una tienda</translation>
        </message>
        <message>
            <source>Working</source>
            <translation>En curso</translation>
        </message>
        <message>
            <source>Go live and sell</source>
            <translation>Sal en vivo y vende</translation>
        </message>
        <message>
            <source>Show your products on camera, and talk with the people who watch.</source>
            <translation>Muestra tus productos a cámara y habla con quien te mira.</translation>
        </message>
        <message>
            <source>Starting the shop on this computer…</source>
            <translation>Iniciando la tienda en este equipo…</translation>
        </message>
        <message>
            <source>Signing in…</source>
            <translation>Entrando…</translation>
        </message>
    </context>
    <context>
        <name>PreflightDialog</name>
        <message>
            <source>Check before the show</source>
            <translation>Comprobación antes del show</translation>
        </message>
        <message>
            <source>Progress</source>
            <translation>Progreso</translation>
        </message>
        <message>
            <source>Check again</source>
            <translation>Comprobar de nuevo</translation>
        </message>
        <message>
            <source>Connection test</source>
            <translation>Prueba de conexión</translation>
        </message>
        <message>
            <source>It is chosen already.</source>
            <translation>Ya está elegida.</translation>
        </message>
        <message>
            <source>Use {quality}</source>
            <translation>Usar {quality}</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Cancelar</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Cerrar</translation>
        </message>
    </context>
    <context>
        <name>PreflightRow</name>
        <message>
            <source>looking…</source>
            <translation>comprobando…</translation>
        </message>
        <message>
            <source>not looked at</source>
            <translation>sin comprobar</translation>
        </message>
    </context>
</TS>
