<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="pt_BR">
    <context>
        <name>ChatDelegate</name>
        <message>
            <source>Host</source>
            <translation>Anfitrião</translation>
        </message>
        <message>
            <source>Moderator</source>
            <translation>Moderador</translation>
        </message>
        <message>
            <source>Not sent. Double-click or press Enter to send it again.</source>
            <translation>Não enviada. Clique duas vezes ou pressione Enter para enviar de novo.</translation>
        </message>
    </context>
    <context>
        <name>ChatPanel</name>
        <message>
            <source>Chat messages</source>
            <translation>Mensagens do chat</translation>
        </message>
        <message>
            <source>Your message</source>
            <translation>Sua mensagem</translation>
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
            <translation>Ninguém escreveu ainda. Diga olá: o público responde a quem fala com ele.</translation>
        </message>
        <message>
            <source>Messages appear here while you are on air.</source>
            <translation>As mensagens aparecem aqui enquanto você está no ar.</translation>
        </message>
        <message>
            <source>Write to your viewers…</source>
            <translation>Escreva para o público…</translation>
        </message>
        <message>
            <source>Opens on air</source>
            <translation>Abre no ar</translation>
        </message>
    </context>
    <context>
        <name>GoLiveDialog</name>
        <message>
            <source>Go live</source>
            <translation>Entrar ao vivo</translation>
        </message>
        <message>
            <source>New show</source>
            <translation>Novo show</translation>
        </message>
        <message>
            <source>One of my shows</source>
            <translation>Um dos meus shows</translation>
        </message>
        <message>
            <source>What are you selling today?</source>
            <translation>O que você vende hoje?</translation>
        </message>
        <message>
            <source>Reading your shows…</source>
            <translation>Lendo seus shows…</translation>
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
            <translation>Produtos deste show</translation>
        </message>
        <message>
            <source>A show that is live already goes on where it was.</source>
            <translation>Um show que já está ao vivo continua de onde estava.</translation>
        </message>
        <message>
            <source>You have no show planned. Make a new one.</source>
            <translation>Você não tem nenhum show previsto. Crie um novo.</translation>
        </message>
        <message>
            <source>{title} · live now</source>
            <translation>{title} · ao vivo agora</translation>
        </message>
    </context>
    <context>
        <name>HeaderPanel</name>
        <message>
            <source>Open the buyers' page</source>
            <translation>Abrir a página dos compradores</translation>
        </message>
        <message>
            <source>Buyers' page</source>
            <translation>Página pública</translation>
        </message>
        <message>
            <source>Copy the show's link</source>
            <translation>Copiar o link do show</translation>
        </message>
        <message>
            <source>Go live</source>
            <translation>Entrar ao vivo</translation>
        </message>
        <message>
            <source>End show</source>
            <translation>Encerrar</translation>
        </message>
        <message>
            <source>Menu</source>
            <translation>Menu</translation>
        </message>
        <message>
            <source>Shop on this computer</source>
            <translation>Loja neste computador</translation>
        </message>
        <message numerus="yes">
            <source>%n watching</source>
            <translation>
                <numerusform>%n assistindo</numerusform>
                <numerusform>%n assistindo</numerusform>
            </translation>
        </message>
        <message>
            <source>OFF AIR</source>
            <translation>FORA DO AR</translation>
        </message>
        <message>
            <source>CONNECTING</source>
            <translation>CONECTANDO</translation>
        </message>
        <message>
            <source>ON AIR</source>
            <translation>NO AR</translation>
        </message>
        <message>
            <source>RECONNECTING</source>
            <translation>RECONECTANDO</translation>
        </message>
        <message>
            <source>NOT SENDING</source>
            <translation>SEM SINAL</translation>
        </message>
        <message>
            <source>ENDING</source>
            <translation>ENCERRANDO</translation>
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
            <translation>Seu envio está lento: imagem reduzida a {rate} Mb/s.</translation>
        </message>
        <message>
            <source>This computer is busy: the picture is made more simply.</source>
            <translation>O computador está ocupado: a imagem é simplificada.</translation>
        </message>
        <message>
            <source>Sending, but the server does not confirm what arrives.</source>
            <translation>Enviando, mas o servidor não confirma o que chega.</translation>
        </message>
        <message>
            <source>{count} dropped</source>
            <translation>{count} perdidos</translation>
        </message>
        <message>
            <source>Round trip to the shop and back</source>
            <translation>Ida e volta até a loja</translation>
        </message>
        <message>
            <source>Starting the video engine…</source>
            <translation>Iniciando o motor de vídeo…</translation>
        </message>
        <message>
            <source>Stopped</source>
            <translation>Parado</translation>
        </message>
        <message>
            <source>Ready. Viewers see nothing yet.</source>
            <translation>Tudo pronto. Ninguém vê você ainda.</translation>
        </message>
        <message>
            <source>Your upload is slow. Close other uploads.</source>
            <translation>Seu envio está lento. Feche outros envios.</translation>
        </message>
        <message>
            <source>Pictures are lost: this computer is busy. Close other programs.</source>
            <translation>Imagens perdidas: este computador está ocupado. Feche outros programas.</translation>
        </message>
        <message>
            <source>You are muted: viewers hear nothing.</source>
            <translation>Você está no mudo: ninguém ouve.</translation>
        </message>
        <message>
            <source>Picture is fine, chat is reconnecting.</source>
            <translation>A imagem vai bem, o chat está reconectando.</translation>
        </message>
        <message>
            <source>All good</source>
            <translation>Tudo certo</translation>
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
            <translation>Sem enviar</translation>
        </message>
        <message>
            <source>Ending…</source>
            <translation>Encerrando…</translation>
        </message>
    </context>
    <context>
        <name>MainWindow</name>
        <message>
            <source>Check before the show…</source>
            <translation>Verificar antes do show…</translation>
        </message>
        <message>
            <source>Language</source>
            <translation>Idioma</translation>
        </message>
        <message>
            <source>As the system</source>
            <translation>Como o sistema</translation>
        </message>
        <message>
            <source>Theme</source>
            <translation>Tema</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>Escuro</translation>
        </message>
        <message>
            <source>Light</source>
            <translation>Claro</translation>
        </message>
        <message>
            <source>Sign out</source>
            <translation>Sair da conta</translation>
        </message>
        <message>
            <source>Quit</source>
            <translation>Fechar o estúdio</translation>
        </message>
        <message>
            <source>End the show?</source>
            <translation>Encerrar o show?</translation>
        </message>
        <message>
            <source>Your picture stops at once, and viewers are told that the show is over. It cannot be resumed.</source>
            <translation>Sua imagem para na hora e o público é avisado de que o show acabou. Não dá para retomar.</translation>
        </message>
        <message>
            <source>End show</source>
            <translation>Encerrar</translation>
        </message>
        <message>
            <source>Keep going</source>
            <translation>Continuar</translation>
        </message>
        <message>
            <source>You are on air</source>
            <translation>Você está no ar</translation>
        </message>
        <message>
            <source>The show can go on without this window for ten minutes: open the studio again to come back to it.</source>
            <translation>O show pode continuar dez minutos sem esta janela: abra o estúdio de novo para voltar a ele.</translation>
        </message>
        <message>
            <source>End show and close</source>
            <translation>Encerrar e fechar</translation>
        </message>
        <message>
            <source>Close, stay on air</source>
            <translation>Fechar e ficar no ar</translation>
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
            <translation>Assistindo</translation>
        </message>
        <message>
            <source>Peak</source>
            <translation>Pico</translation>
        </message>
        <message>
            <source>Messages/min</source>
            <translation>Mensagens/min</translation>
        </message>
        <message>
            <source>Messages</source>
            <translation>Mensagens</translation>
        </message>
    </context>
    <context>
        <name>OnAirPanel</name>
        <message>
            <source>The video engine is starting…</source>
            <translation>O motor de vídeo está iniciando…</translation>
        </message>
        <message>
            <source>This computer has no key store, so you stay signed in only until you close the studio.</source>
            <translation>Este computador não tem cofre de senhas: sua sessão dura só até você fechar o estúdio.</translation>
        </message>
        <message>
            <source>All right</source>
            <translation>Tudo bem</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>Fechar</translation>
        </message>
        <message>
            <source>Try again now</source>
            <translation>Tentar agora</translation>
        </message>
        <message>
            <source>The show has ended after {duration}. Most viewers at once: {peak}. Messages: {messages}.</source>
            <translation>O show terminou após {duration}. Pico de público: {peak}. Mensagens: {messages}.</translation>
        </message>
    </context>
    <context>
        <name>PreviewPanel</name>
        <message>
            <source>Starting the picture…</source>
            <translation>Iniciando a imagem…</translation>
        </message>
        <message>
            <source>Preview of your picture</source>
            <translation>Prévia da sua imagem</translation>
        </message>
    </context>
    <context>
        <name>ProductRow</name>
        <message>
            <source>ON SCREEN</source>
            <translation>NA TELA</translation>
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
            <translation>Você poderá mostrar produtos quando estiver no ar</translation>
        </message>
        <message>
            <source>Sold out</source>
            <translation>Esgotado</translation>
        </message>
        <message numerus="yes">
            <source>%n left</source>
            <translation>
                <numerusform>Resta %n</numerusform>
                <numerusform>Restam %n</numerusform>
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
            <translation>Buscar produtos</translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>Tentar de novo</translation>
        </message>
        <message>
            <source>Products</source>
            <translation>Produtos</translation>
        </message>
        <message numerus="yes">
            <source>%n product(s)</source>
            <translation>
                <numerusform>%n produto</numerusform>
                <numerusform>%n produtos</numerusform>
            </translation>
        </message>
        <message>
            <source>No product is called that.</source>
            <translation>Nenhum produto tem esse nome.</translation>
        </message>
        <message>
            <source>Reading your products…</source>
            <translation>Lendo seus produtos…</translation>
        </message>
        <message>
            <source>No products yet. Add some to your shop and they are listed here.</source>
            <translation>Ainda não há produtos. Adicione-os à sua loja e eles aparecem aqui.</translation>
        </message>
    </context>
    <context>
        <name>SignInDialog</name>
        <message>
            <source>Sign in to a shop</source>
            <translation>Entrar em uma loja</translation>
        </message>
        <message>
            <source>shop.example.com</source>
            <translation>loja.exemplo.com</translation>
        </message>
        <message>
            <source>you@example.com</source>
            <translation>voce@exemplo.com</translation>
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
            <translation>Endereço da loja</translation>
        </message>
        <message>
            <source>E-mail</source>
            <translation>E-mail</translation>
        </message>
        <message>
            <source>Password</source>
            <translation>Senha</translation>
        </message>
    </context>
    <context>
        <name>SourcesAndAudioPanel</name>
        <message>
            <source>Picture from</source>
            <translation>Imagem de</translation>
        </message>
        <message>
            <source>Sound from</source>
            <translation>Som de</translation>
        </message>
        <message>
            <source>Quality</source>
            <translation>Qualidade</translation>
        </message>
        <message>
            <source>Sound level</source>
            <translation>Nível do som</translation>
        </message>
        <message>
            <source>Mute the sound (M)</source>
            <translation>Silenciar o som (M)</translation>
        </message>
        <message>
            <source>Loudness</source>
            <translation>Volume</translation>
        </message>
        <message>
            <source>The quality cannot be changed while on air</source>
            <translation>A qualidade não pode mudar no ar</translation>
        </message>
        <message>
            <source>Muted</source>
            <translation>No mudo</translation>
        </message>
        <message>
            <source>Mute</source>
            <translation>Mudo</translation>
        </message>
        <message>
            <source>Test card</source>
            <translation>Cartão de teste</translation>
        </message>
        <message>
            <source>Video file…</source>
            <translation>Arquivo de vídeo…</translation>
        </message>
        <message>
            <source>Test tone</source>
            <translation>Tom de teste</translation>
        </message>
        <message>
            <source>Silence</source>
            <translation>Silêncio</translation>
        </message>
        <message>
            <source>Sound of the video file</source>
            <translation>Som do arquivo de vídeo</translation>
        </message>
        <message>
            <source>Sound file…</source>
            <translation>Arquivo de som…</translation>
        </message>
        <message>
            <source>Choose a video file</source>
            <translation>Escolha um arquivo de vídeo</translation>
        </message>
        <message>
            <source>Choose a sound file</source>
            <translation>Escolha um arquivo de som</translation>
        </message>
    </context>
    <context>
        <name>Trouble</name>
        <message>
            <source>The shop at {url} cannot be reached. Check the address and your connection, then try again.</source>
            <translation>Não foi possível conectar à loja {url}. Confira o endereço e sua conexão e tente de novo.</translation>
        </message>
        <message>
            <source>{url} answers, but it is not a shop of ours. Check the address.</source>
            <translation>{url} responde, mas não é uma das nossas lojas. Confira o endereço.</translation>
        </message>
        <message>
            <source>This is not the address of a shop. It looks like shop.example.com.</source>
            <translation>Esse não é o endereço de uma loja. Ele se parece com loja.exemplo.com.</translation>
        </message>
        <message>
            <source>The shop on this computer did not start: {reason}</source>
            <translation>A loja deste computador não iniciou: {reason}</translation>
        </message>
        <message>
            <source>Your sign-in has ended. Sign in again to go on.</source>
            <translation>Sua sessão expirou. Entre de novo para continuar.</translation>
        </message>
        <message>
            <source>This account can buy, but not sell. Sign in with a seller's account.</source>
            <translation>Esta conta pode comprar, mas não vender. Entre com uma conta de vendedor.</translation>
        </message>
        <message>
            <source>This show was interrupted. Go live to continue it, with the same viewers, products and chat.</source>
            <translation>Este show foi interrompido. Entre ao vivo para continuar com o mesmo público, produtos e chat.</translation>
        </message>
        <message>
            <source>The shop ended this show.</source>
            <translation>A loja encerrou este show.</translation>
        </message>
        <message>
            <source>Your picture is off, but the shop could not be told. It ends the show by itself within a minute.</source>
            <translation>Sua imagem está desligada, mas não foi possível avisar a loja. Ela encerra o show sozinha em um minuto.</translation>
        </message>
        <message>
            <source>The video engine stopped. It is being started again.</source>
            <translation>O motor de vídeo parou. Ele está sendo reiniciado.</translation>
        </message>
        <message>
            <source>Something went wrong ({code}). Try again.</source>
            <translation>Algo deu errado ({code}). Tente de novo.</translation>
        </message>
    </context>
    <context>
        <name>WelcomePanel</name>
        <message>
            <source>Try it on this computer</source>
            <translation>Testar neste computador</translation>
        </message>
        <message>
            <source>Sign in to a shop</source>
            <translation>Entrar em uma loja</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>Cancelar</translation>
        </message>
        <message>
            <source>A sample shop starts on this computer, with products and accounts. Nothing leaves it.</source>
            <translation>Uma loja de exemplo inicia neste computador, com produtos e contas. Nada sai dele.</translation>
        </message>
        <message>
            <source>Use the address, e-mail and password of your shop.</source>
            <translation>Use o endereço, o e-mail e a senha da sua loja.</translation>
        </message>
        <message>
            <source>Just looking</source>
            <translation>Só quero ver</translation>
        </message>
        <message>
            <source>You have a shop</source>
            <translation>Tenho uma loja</translation>
        </message>
        <message>
            <source>Working</source>
            <translation>Em andamento</translation>
        </message>
        <message>
            <source>Go live and sell</source>
            <translation>Entre ao vivo e venda</translation>
        </message>
        <message>
            <source>Show your products on camera, and talk with the people who watch.</source>
            <translation>Mostre seus produtos na câmera e converse com quem assiste.</translation>
        </message>
        <message>
            <source>Starting the shop on this computer…</source>
            <translation>Iniciando a loja neste computador…</translation>
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
            <translation>Verificação antes do show</translation>
        </message>
        <message>
            <source>Progress</source>
            <translation>Progresso</translation>
        </message>
        <message>
            <source>Check again</source>
            <translation>Verificar de novo</translation>
        </message>
        <message>
            <source>Connection test</source>
            <translation>Teste de conexão</translation>
        </message>
        <message>
            <source>It is chosen already.</source>
            <translation>Já está escolhida.</translation>
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
            <translation>Fechar</translation>
        </message>
    </context>
    <context>
        <name>PreflightRow</name>
        <message>
            <source>looking…</source>
            <translation>verificando…</translation>
        </message>
        <message>
            <source>not looked at</source>
            <translation>não verificado</translation>
        </message>
    </context>
</TS>
